"""Why a file cannot be imported as a whole. Faults of single rows are no errors: they are counted and kept.

ImportRefused (INVALID_ARGUMENT)                                        error_id
├── nothing but blank lines                                              import-empty
├── the bytes are neither text nor a workbook                            import-not-text
├── named .xlsx, or begins as a ZIP, and is no workbook                  import-not-xlsx
├── an encrypted workbook, or one of Excel 97–2003                       import-encrypted
├── a workbook beyond the limits (ZIP bomb)                              import-too-large
├── no column, or several, can be the number's                           import-number-column-missing
├── a column that the mapping names is not there                         import-column-missing
├── options that contradict themselves                                   import-options-invalid
├── the bytes are not those that were announced                          import-checksum-mismatch
└── the upload ended early; the same file sent again goes on             import-interrupted
"""

from __future__ import annotations

from discador.runtime.errors import InvalidInput


class ImportRefused(InvalidInput):
    """The file, or what was said about it, must be changed. The text tells how."""

    def __init__(self, error_id: str, message: str) -> None:
        super().__init__(message, error_id=error_id)
