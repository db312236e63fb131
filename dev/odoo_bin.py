"""Odoo's command line as a file: with workers, Odoo starts itself again by it."""

from odoo.cli import main

main()
