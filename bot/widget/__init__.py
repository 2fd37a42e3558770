"""The browser's side of the widget: files that are served as they are."""
