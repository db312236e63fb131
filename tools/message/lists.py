"""Names that the check knows: hosts, domains, addresses."""

# Anybody's links share their reputation. The best known of SpamAssassin's list
# __URL_SHORTENER: https://spamassassin.apache.org/
SHORTENERS = frozenset(
    """
    adf.ly bit.do bit.ly buff.ly cutt.ly dlvr.it fb.me goo.gl is.gd j.mp lnkd.in
    ow.ly qr.ae rb.gy rebrand.ly s.id shorte.st short.io shorturl.at snip.ly su.pr
    t.co t.ly tiny.cc tinyurl.com tr.im trib.al urlz.fr v.gd wp.me x.co
    """.split()
)

# The domains that most private addresses are of, for finding typing errors
COMMON_DOMAINS = (
    *("gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com"),
    *("aol.com", "live.com", "msn.com", "googlemail.com", "gmx.de"),
    *("web.de", "t-online.de", "orange.fr", "wanadoo.fr", "free.fr"),
    *("laposte.net", "sfr.fr", "hotmail.fr", "yahoo.fr", "libero.it"),
)
# Real domains one edit away from a common one
LOOK_ALIKES = frozenset(
    """
    email.com gmail.de gmx.at gmx.ch gmx.eu gmx.fr gmx.net hotmail.be hotmail.de
    hotmail.es hotmail.it live.be live.fr live.it live.nl mail.com orange.be orange.es
    outlook.cn outlook.de outlook.es outlook.fr outlook.it t-online.hu yahoo.ca
    yahoo.cn yahoo.de yahoo.es yahoo.gr yahoo.in yahoo.it yahoo.se ymail.com
    """.split()
)

# Addresses of a job, not of a person: RFC 2142, and what is usual
ROLES = frozenset(
    """
    accounting accounts admin administrator billing careers contact enquiries finance
    ftp help helpdesk hello hostmaster hr info information inquiries it jobs kontakt
    mail marketing media news newsletter office orders press privacy sales security
    service staff support team tech usenet web webmaster welcome
    """.split()
)
# Those who read these report spam, or are machines
DANGEROUS_ROLES = frozenset(
    """
    abuse devnull list-request mailer-daemon no-reply nobody noreply noc null
    phishing postmaster spam spamtrap uce undisclosed-recipients
    """.split()
)
NO_REPLY = frozenset(
    """
    do-not-reply donotreply ne-pas-repondre nepasrepondre no-reply no_reply nobody
    noreply nicht-antworten
    """.split()
)
