"""The companies that host DNS, by the ends of their name servers.

How their panels behave is known from public tables of other projects and from users,
and may change: it is shown as what they usually want. An address of a panel is given
only if it is known; {domain} stands for the zone.
"""

from dataclasses import dataclass

from . import dns_host_words as words


@dataclass(frozen=True)
class DnsHost:
    """A row.

    :ivar suffixes: the ends of its name servers
    :ivar parts: or what their names contain
    :ivar page: where its panel has the records, in the words of the panel
    :ivar apex: what stands for the zone itself: "@", "empty", or "" if unknown
    :ivar is_relative: the panel adds the zone to each name
    :ivar quotes: "required" or "never" around TXT values, "" if either works
    :ivar long: how TXT values over 255 characters are split: "automatic" or "by_hand"
    :ivar wants_dot: full names as values need a dot at the end
    :ivar notes: (kind or type of record, "" for all; sentence)
    """

    code: str
    name: str
    suffixes: tuple[str, ...] = ()
    page: str = ""
    url: str = ""
    apex: str = ""
    is_relative: bool = True
    quotes: str = ""
    long: str = ""
    wants_dot: bool = False
    has_proxy: bool = False
    notes: tuple[tuple[str, str], ...] = ()
    parts: tuple[str, ...] = ()

    def panel_url(self, zone):
        """Return the address of the panel for a zone, or nothing."""
        return self.url.replace("{domain}", zone)


_BUILDER = (("", words.SITE_BUILDER),)
_PARKED = (("", words.PARKED),)

HOSTS = (
    DnsHost(
        "cloudflare",
        "Cloudflare",
        ("ns.cloudflare.com",),
        "DNS › Records",
        "https://dash.cloudflare.com",
        apex="@",
        long="automatic",
        has_proxy=True,
    ),
    DnsHost(
        "godaddy",
        "GoDaddy",
        ("domaincontrol.com",),
        "My Products › DNS",
        "https://dcc.godaddy.com/manage/{domain}/dns",
        apex="@",
        long="automatic",
        notes=(("dmarc", words.GODADDY_DMARC),),
    ),
    DnsHost(
        "ionos",
        "IONOS",
        ("ui-dns.com", "ui-dns.de", "ui-dns.org", "ui-dns.biz"),
        "Domains & SSL › DNS",
        "https://my.ionos.com/domains",
        apex="@",
        notes=(("dmarc", words.IONOS_DMARC),),
    ),
    DnsHost(
        "ovh",
        "OVHcloud",
        ("ovh.net", "ovh.ca", "anycast.me"),
        "Web Cloud › Domain names › DNS zone",
        "https://www.ovh.com/manager/",
        apex="empty",
        notes=tuple((kind, words.OVH_TXT) for kind in ("spf", "dkim", "dmarc")),
    ),
    DnsHost(
        "gandi",
        "Gandi",
        ("gandi.net",),
        "Domain › DNS records",
        "https://admin.gandi.net",
        apex="@",
        quotes="required",
        wants_dot=True,
    ),
    DnsHost(
        "namecheap",
        "Namecheap",
        ("registrar-servers.com",),
        "Domain List › Advanced DNS",
        "https://ap.www.namecheap.com/domains/list/",
        apex="@",
        long="automatic",
        notes=(("mx", words.NAMECHEAP_MX),),
    ),
    DnsHost(
        "infomaniak",
        "Infomaniak",
        ("infomaniak.com", "infomaniak.ch"),
        "Domain › DNS zone",
        "https://manager.infomaniak.com",
        notes=(("dkim", words.INFOMANIAK_DKIM),),
    ),
    DnsHost(
        "hetzner",
        "Hetzner",
        (
            "hetzner.com",
            "hetzner.de",
            "first-ns.de",
            "second-ns.com",
            "second-ns.de",
            "your-server.de",
        ),
        "DNS",
        "https://console.hetzner.com",
        apex="@",
        quotes="required",
        long="by_hand",
        wants_dot=True,
    ),
    DnsHost(
        "strato",
        "STRATO",
        ("rzone.de",),
        "Domains › DNS › TXT and CNAME",
        notes=(("spf", words.STRATO_SPF),),
    ),
    DnsHost(
        "all-inkl",
        "ALL-INKL",
        ("kasserver.com",),
        "KAS › Tools › DNS",
        "https://kas.all-inkl.com",
        quotes="never",
    ),
    DnsHost(
        "aruba",
        "Aruba",
        ("technorail.com", "arubadns.net", "arubadns.cz"),
        "Gestione DNS",
        long="by_hand",
    ),
    DnsHost(
        "transip",
        "TransIP",
        ("transip.net", "transip.nl", "transip.eu"),
        "Domains › DNS",
        "https://www.transip.nl/cp/",
        apex="@",
    ),
    DnsHost(
        "hostinger",
        "Hostinger",
        ("dns-parking.com", "main-hosting.eu"),
        "Domains › DNS",
        "https://hpanel.hostinger.com/domains",
        apex="@",
        long="automatic",
    ),
    DnsHost(
        "route53",
        "Amazon Route 53",
        page="Hosted zones",
        url="https://console.aws.amazon.com/route53/",
        apex="empty",
        quotes="required",
        long="by_hand",
        notes=(("TXT", words.ROUTE53_TXT),),
        parts=(".awsdns-",),
    ),
    DnsHost(
        "azure",
        "Azure DNS",
        ("azure-dns.com", "azure-dns.net", "azure-dns.org", "azure-dns.info"),
        "DNS zones › Record sets",
        "https://portal.azure.com",
        apex="@",
        long="automatic",
        notes=(("", words.AZURE_SET),),
    ),
    # Old Google Domains, now at Squarespace, have the same name servers
    DnsHost(
        "google",
        "Google Cloud DNS or Squarespace",
        ("googledomains.com",),
        "Network services › Cloud DNS, or Domains › DNS",
    ),
    DnsHost(
        "squarespace",
        "Squarespace",
        ("squarespacedns.com", "squarespace-dns.com"),
        "Domains › DNS",
        "https://account.squarespace.com/domains",
        apex="@",
    ),
    DnsHost(
        "wix",
        "Wix",
        ("wixdns.net",),
        "Domains › Manage DNS Records",
        "https://manage.wix.com/account/domains",
        notes=(("", words.WIX_ZONE),),
    ),
    DnsHost(
        "digitalocean",
        "DigitalOcean",
        ("digitalocean.com",),
        "Networking › Domains",
        "https://cloud.digitalocean.com/networking/domains/{domain}",
        apex="@",
    ),
    DnsHost(
        "vercel",
        "Vercel",
        ("vercel-dns.com",),
        "Domains",
        "https://vercel.com/dashboard/domains",
        apex="@",
    ),
    DnsHost(
        "wordpress", "WordPress.com", ("wordpress.com",), "Domains › DNS", apex="@"
    ),
    DnsHost(
        "porkbun",
        "Porkbun",
        ("porkbun.com",),
        "Domain › DNS records",
        "https://porkbun.com/account/domains",
        apex="empty",
    ),
    DnsHost(
        "name_com", "Name.com", ("name.com",), "Domain › DNS Records", apex="empty"
    ),
    DnsHost(
        "scaleway",
        "Scaleway",
        ("scw.cloud", "online.net"),
        "Domains and DNS",
        "https://console.scaleway.com",
        apex="empty",
    ),
    DnsHost("ns1", "NS1", ("nsone.net",), notes=(("", words.ASK_OWNER),)),
    DnsHost("one_com", "one.com", ("one.com",)),
    DnsHost("simply", "Simply.com", ("simply.com",)),
    DnsHost("loopia", "Loopia", ("loopia.se",)),
    DnsHost("hostpoint", "Hostpoint", ("hostpoint.ch",)),
    DnsHost("register_it", "Register.it", ("register.it",)),
    DnsHost("home_pl", "home.pl", ("home.pl",)),
    DnsHost("lws", "LWS", ("lwsdns.com",)),
    DnsHost("o2switch", "o2switch", ("o2switch.net",)),
    DnsHost("combell", "Combell", ("combell.net",)),
    DnsHost("123_reg", "123 Reg", ("123-reg.co.uk",), apex="@", is_relative=False),
    DnsHost("fasthosts", "Fasthosts", ("livedns.co.uk",), apex="@", is_relative=False),
    DnsHost("jimdo", "Jimdo", ("jimdo.com",), notes=_BUILDER),
    DnsHost("shopify", "Shopify", ("shopify.com",), notes=_BUILDER),
    DnsHost("weebly", "Weebly", ("weebly.com",), notes=_BUILDER),
    DnsHost("webflow", "Webflow", ("webflow.com",), notes=_BUILDER),
    DnsHost("sedo", "Sedo", notes=_PARKED, parts=("sedoparking", "sedo.com")),
    DnsHost("afternic", "Afternic", notes=_PARKED, parts=("afternic",)),
    DnsHost("bodis", "Bodis", notes=_PARKED, parts=("bodis",)),
    DnsHost(
        "parkingcrew",
        "ParkingCrew",
        notes=_PARKED,
        parts=("parkingcrew",),
    ),
)
