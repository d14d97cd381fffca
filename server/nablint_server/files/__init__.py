"""Files: finding them, reading and writing them without loss, notebooks."""
