"""Tests of people: joining, signing in, sessions, rights."""
