"""The book: chapters, facts, the theme, and the driver that builds them."""
