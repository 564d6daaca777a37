"""Which release this is; it reads the installed package and nothing else."""

from importlib.metadata import PackageNotFoundError, version


def release() -> str:
    """Version of the installed distribution, ``checkout`` where none is installed."""
    try:
        return version("phusong")
    except PackageNotFoundError:
        return "checkout"
