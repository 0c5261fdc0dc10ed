"""The book's static theme: plain HTML from Jupyter Book's page AST, with no server and nothing fetched."""
