"""The living manual (``make manual``): the journeys walked once per edition, and docs/manual written from what they saw."""
