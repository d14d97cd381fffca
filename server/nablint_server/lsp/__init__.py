"""The language server: a thin door.  It translates, delegates to a worker process, and decides nothing."""
