"""Writes a value into a cell of the targets workbook, as somebody who fills it
in would: the row by indicator, the column by heading."""

import sys

from openpyxl import load_workbook

path, indicator, heading, value = sys.argv[1:]
book = load_workbook(path)
sheet = book["Doelen"]
column = next(cell.column for cell in sheet[1] if cell.value == heading)
row = next(row[0].row for row in sheet.iter_rows(min_row=2) if row[0].value == indicator)
cell = sheet.cell(row, column)
try:
    cell.value = float(value)
except ValueError:
    cell.value = value
book.save(path)
print(cell.coordinate)
