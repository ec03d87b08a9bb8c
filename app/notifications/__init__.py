"""Letters and SMS: the outbox, the worker that delivers it, the transports."""
