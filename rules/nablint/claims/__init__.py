"""Claims ("this value is the gradient of that variable"): finding, judging, explaining and repairing them."""
