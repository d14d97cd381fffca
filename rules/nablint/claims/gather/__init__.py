"""Gathering: what of a run is a result, and the forward values that it may be the gradient of."""
