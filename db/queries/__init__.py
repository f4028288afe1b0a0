"""What people look at, read set-based: one or two statements a page, each answer a frozen dataclass. Nothing here writes."""
