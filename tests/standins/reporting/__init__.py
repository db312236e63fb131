"""Mailjet's records: campaigns, contacts, messages and their events.

`statistics.py` holds the data of one account, `resources.py` serves it over REST.
"""
