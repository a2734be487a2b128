"""Download, verify and unpack the archives of corpora."""
