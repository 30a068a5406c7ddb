"""`python -m adapters.cli` is `estuary`, for where scripts are not on the path."""

from adapters.cli.main import main

if __name__ == "__main__":
    main()
