"""Before each update to another version: no view stands in the way of another.

Several of our views extend the same form. The first one that is updated is validated
together with the others as they are in the database, and those may name fields and
buttons that are gone. The update that follows writes them all.
"""


def migrate(cr, version):
    cr.execute(
        """
        UPDATE ir_ui_view AS view
           SET arch_db = '{"en_US": "<data/>"}'
          FROM ir_model_data AS data
         WHERE data.model = 'ir.ui.view' AND data.res_id = view.id
           AND data.module = 'mail_mailjet' AND NOT data.noupdate
           AND view.mode = 'extension'
        """
    )
