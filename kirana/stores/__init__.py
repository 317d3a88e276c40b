"""Shops, memberships, manager applications and their approval."""
