"""Claims: statements that say "this value is the gradient of that variable"; finding, judging, explaining, repairing."""
