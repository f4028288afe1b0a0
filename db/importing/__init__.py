"""CSV files as a school's MIS exports them, read whole, checked row by row, and written in one transaction or not at all."""
