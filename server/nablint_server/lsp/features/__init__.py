"""What the server offers, a file each; every module has `register(server)`."""
