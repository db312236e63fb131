"""Let templates run, and have nothing of it last."""

from contextlib import contextmanager

from odoo.exceptions import UserError

from odoo.addons.base.models.ir_qweb import QWebError

LONGEST_CAUSE = 300


@contextmanager
def kept_open(env):
    """Refuse to end the transaction, and forget what is to be done after it.

    A template may call any public method. Were it to commit, the mails that only a
    check has made would be sent; and what shall follow a commit, such as the emails
    of a posted message, must not follow records that are rolled back.
    """
    cr = env.cr

    def refuse():
        raise UserError(env._("A template must not end the database transaction."))

    # Private, as there is no other way to put only the new ones away
    functions, data = list(cr.postcommit._funcs), dict(cr.postcommit.data)
    own = {name: vars(cr)[name] for name in ("commit", "rollback") if name in vars(cr)}
    cr.commit = cr.rollback = refuse
    try:
        yield
    finally:
        del cr.commit, cr.rollback
        vars(cr).update(own)
        cr.postcommit.clear()
        cr.postcommit.data.update(data)
        for function in functions:
            cr.postcommit.add(function)


def cause_of(error):
    """Return in a line why a template fails.

    Core's own text holds the whole template and the paths of the server's files.
    """
    element = ""
    while error.__cause__ is not None:
        if isinstance(error, QWebError):
            element = error.qweb.element or ""
        error = error.__cause__
    text = " ".join(str(error).split()) or type(error).__name__
    if element:
        text = f"{text}: {' '.join(element.split())}"
    return text[:LONGEST_CAUSE]
