from mail_mailjet.tools.dmarc.owner import Owners

OWNERS = Owners({"example.com": 1, "shop.example.com": 2, "news.other.example": 3})


def test_authors():
    for name, owner in (
        ("example.com", 1),
        ("a.b.example.com", 1),
        ("shop.example.com", 2),
        ("a.shop.example.com", 2),
        ("other.example", None),
        ("notexample.com", None),
        ("com", None),
        ("", None),
    ):
        assert OWNERS.of_author(name) == owner


def test_policies():
    for name, owner in (
        ("example.com", 1),
        ("sub.example.com", 1),
        ("other.example", 3),
        ("example", None),
        ("com", None),
        ("third.example", None),
    ):
        assert OWNERS.of_policy(name) == owner
