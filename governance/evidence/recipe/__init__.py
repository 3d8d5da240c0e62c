"""Scripts for auditors: POSIX sh, GNU coreutils and openssl, copied into each archive under `trust/`."""
