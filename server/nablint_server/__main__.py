"""`python -m nablint_server` is `nablint`."""

from nablint_server.cli import main

if __name__ == "__main__":
    main()
