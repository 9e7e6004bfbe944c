"""Every error a user can act on.

QAError
├── InputError            a question, file or data set that cannot be used as it is
│   └── ArticleError      one file: unreadable, empty, a scan, too large
├── SettingError          a setting with an unusable value
├── NotAllowed            an act of editors, tried by a reader
├── ModelError            a model folder that is missing, damaged or of an unknown kind
│   └── ModelServerError  an inference server that is down or refuses
└── LibraryError          the library cannot be opened, read or written
    ├── LibraryInUse      another process holds the embedded library
    ├── LibraryAway       the library's server is down, too slow or overloaded: this may pass
    └── EncoderMismatch   the library was built with another encoder

Foreign errors are translated in the file that touches the foreign library.
"""


class QAError(Exception):
    """An error whose message is meant for the person using the application."""


class InputError(QAError):
    """Raised for input that cannot be used; the message says what to change."""


class ArticleError(InputError):
    """Raised for a file that gives no article; carries the file's name and the reason."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


class SettingError(QAError):
    """Raised for a setting that cannot be used; the message names it and the accepted values."""


class NotAllowed(QAError):
    """Raised when a reader tries what only editors may do; the message names person and act."""


class ModelError(QAError):
    """Raised for a model that cannot be loaded; the message names the folder and the fault."""


class ModelServerError(ModelError):
    """Raised when an inference server gives no answer; `status` is that of HTTP, None where there was none."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class LibraryError(QAError):
    """Raised when the library cannot be opened, read or written."""


class LibraryInUse(LibraryError):
    """Raised when another process holds the embedded library."""


class LibraryAway(LibraryError):
    """Raised when the library's server is down, too slow or overloaded; the same may succeed in a moment."""


class EncoderMismatch(LibraryError):
    """Raised when a library's vectors were made by another encoder."""
