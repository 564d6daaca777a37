"""Dashboards for Grafana as Python: a module a page, ``json/`` is what is shipped; nothing here runs in production."""
