"""Import of lead lists from CSV and XLSX: read in constant memory, checked row by row, resumable."""
