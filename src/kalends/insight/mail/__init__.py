"""Dashboards by email: who gets which one when, the page that is sent, and sending what is due."""
