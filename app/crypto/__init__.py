"""Sealing of identity numbers and of the outbox, and keyed look-up."""
