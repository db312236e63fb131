"""Domains that anybody has an address at, and no customer of Mailjet can prove.

A sender there is never signed, so receivers refuse or filter its email, see
https://documentation.mailjet.com/hc/en-us/articles/360042561754
"""

_BY_NAME = """
    126.com 163.com aim.com alice.it aol.com arcor.de bbox.fr bell.net bigpond.com
    bluewin.ch bol.com.br btinternet.com club-internet.fr comcast.net cox.net daum.net
    duck.com email.com fastmail.com fastmail.fm foxmail.com free.fr freenet.de gmail.com
    googlemail.com hanmail.net hey.com hushmail.com icloud.com ig.com.br inbox.lv
    interia.pl laposte.net libero.it mac.com mail.com mail.ru me.com msn.com naver.com
    neuf.fr numericable.fr o2.pl optonline.net orange.fr outlook.com pm.me posteo.de
    proton.me protonmail.ch protonmail.com qq.com rambler.ru rediffmail.com
    rocketmail.com sbcglobal.net seznam.cz sfr.fr shaw.ca sina.com sky.com skynet.be
    t-online.de talktalk.net telenet.be terra.com.br tiscali.it tuta.com tutanota.com
    uol.com.br verizon.net virgilio.it voila.fr wanadoo.fr web.de wp.pl ya.ru
    yandex.com yandex.ru yeah.net ymail.com zoho.com
"""
FREE_MAIL_DOMAINS = frozenset(_BY_NAME.split())
# These have a domain in many countries: hotmail.fr, yahoo.co.uk, live.com.au
FREE_MAIL_BRANDS = frozenset(("gmx", "hotmail", "live", "outlook", "yahoo"))
# What stands after a brand: a top-level domain, or two of them
_MOST_PARTS = 2


def is_free_mail(domain):
    """Return whether addresses at a domain are given away to anybody.

    :param str domain: such as `gmail.com`
    """
    domain = domain.lower().rstrip(".")
    brand, _dot, rest = domain.partition(".")
    parts = rest.split(".")
    is_national = len(parts) <= _MOST_PARTS and all(len(part) <= 3 for part in parts)
    return domain in FREE_MAIL_DOMAINS or (
        brand in FREE_MAIL_BRANDS and bool(rest) and is_national
    )
