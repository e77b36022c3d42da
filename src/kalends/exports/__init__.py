"""Exports: any list of records as CSV, XLSX or XLS, made in the background and kept for thirty days."""
