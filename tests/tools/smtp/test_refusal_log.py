"""What stands in the log of a refused mail."""

import logging

import pytest
from mail_mailjet.tools.smtp.refusal_log import RefusalFilter
from mail_mailjet.tools.smtp.session import RefusedError

REFUSAL = "Mailbox full: 452 4.2.2 100% used, %s"


@pytest.fixture
def logger(caplog):
    """A logger as core's, and nothing in the log yet."""
    logger = logging.getLogger("test_refusal_log")
    refusal_filter = RefusalFilter()
    logger.addFilter(refusal_filter)
    yield logger
    logger.removeFilter(refusal_filter)


def raise_from(error):
    raise RuntimeError("Mail Delivery Failed") from error


def raise_while_handling(error):
    try:
        raise error
    except Exception:
        raise RuntimeError("Mail Delivery Failed")  # noqa: B904 - as core does


def log_failure(logger, fail, error):
    try:
        fail(error)
    except RuntimeError:
        logger.exception("failed sending mail (id: %s)", 7)


@pytest.mark.parametrize("fail", [raise_from, raise_while_handling])
def test_a_refusal_is_one_line(logger, caplog, fail):
    log_failure(logger, fail, RefusedError(REFUSAL))
    [record] = caplog.records
    assert record.getMessage() == f"Mailjet: an email was refused: {REFUSAL}"
    assert (record.levelno, record.levelname) == (logging.WARNING, "WARNING")
    assert "Traceback" not in caplog.text and len(caplog.text.splitlines()) == 1


@pytest.mark.parametrize("fail", [raise_from, raise_while_handling])
def test_a_defect_keeps_its_traceback(logger, caplog, fail):
    log_failure(logger, fail, KeyError("a defect"))
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage() == "failed sending mail (id: 7)"
    assert "Traceback" in caplog.text and "a defect" in caplog.text


def test_what_is_no_failure_stays_as_it_is(logger, caplog):
    logger.warning("Sent %s mails", 5)
    logger.error("No exception at all", exc_info=(None, None, None))
    try:
        raise ValueError("alone")
    except ValueError:
        logger.exception("Without another beneath")
    assert [record.getMessage() for record in caplog.records] == [
        "Sent 5 mails",
        "No exception at all",
        "Without another beneath",
    ]
    assert "ValueError: alone" in caplog.text
