import logging

import pytest
from mail_mailjet.tools.mailjet.token_filter import LOGGERS, TokenFilter, mask_tokens

PATH = "/mailjet/events/"


@pytest.mark.parametrize(
    ("message", "args"),
    [
        ('1.2.3.4 - - "POST /mailjet/events/t0ken HTTP/1.1" 200 -', ()),
        ('%s "%s" %s', ("1.2.3.4", "POST /mailjet/events/t0ken?a=b HTTP/1.1", 404)),
        ('%s://%s:%s "%s %s %s"', ("https", "a", 1, "POST", f"{PATH}t0ken", "HTTP")),
        ("%(path)s", ({"path": f"{PATH}t0ken"},)),
    ],
)
def test_masked(message, args, caplog):
    logger = logging.getLogger("token.filter.test")
    logger.filters = [TokenFilter(PATH)]
    with caplog.at_level(logging.INFO):
        logger.info(message, *args)
    assert "t0ken" not in caplog.text
    assert f"{PATH}…" in caplog.text


def test_other_records_stay():
    record = logging.LogRecord("a", 1, "f", 1, "GET %s", ("/web",), None)
    assert TokenFilter(PATH).filter(record)
    assert (record.msg, record.args) == ("GET %s", ("/web",))
    broken = logging.LogRecord("a", 1, "f", 1, "%d", ("x",), None)
    assert TokenFilter(PATH).filter(broken)


def test_installed_once():
    for _again in range(2):
        mask_tokens(PATH)
    for name in LOGGERS:
        filters = logging.getLogger(name).filters
        assert len([one for one in filters if isinstance(one, TokenFilter)]) == 1
