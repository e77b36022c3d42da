"""Tasks: what people are to do about records, on a page of their own and on the record's."""
