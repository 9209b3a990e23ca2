// Package unnest passes many rows to one SQL statement: one array per column, which PostgreSQL turns
// back into rows. Each column's name, type and value are declared together, so that no two columns
// can be confused.
package unnest

import (
	"strconv"
	"strings"
)

// Column is one column of rows of type R.
type Column[R any] struct {
	name, kind string
	array      func(rows []R) any
}

// NewColumn declares a column: its name, its PostgreSQL type, and its value in a row.
func NewColumn[R, V any](name, kind string, value func(R) V) Column[R] {
	return Column[R]{name, kind, func(rows []R) any {
		values := make([]V, len(rows))
		for i, row := range rows {
			values[i] = value(row)
		}
		return values
	}}
}

// NewOptionalText declares a text column that is NULL where its value is empty.
func NewOptionalText[R any](name string, value func(R) string) Column[R] {
	return NewColumn(name, "text", func(row R) *string {
		if text := value(row); text != "" {
			return &text
		}
		return nil
	})
}

// Columns are the columns of rows of type R. Their arrays are the first arguments of a statement.
type Columns[R any] []Column[R]

// Names returns the names of the columns, for an INSERT.
func (c Columns[R]) Names() string {
	names := make([]string, len(c))
	for i, column := range c {
		names[i] = column.name
	}
	return strings.Join(names, ", ")
}

// From returns the rows as an item of a FROM clause: unnest($1::uuid[], …) AS alias (id, …).
func (c Columns[R]) From(alias string) string {
	return c.arrays() + " AS " + alias + " (" + c.Names() + ")"
}

// FromNumbered returns From with one more column, which numbers the rows from 1.
func (c Columns[R]) FromNumbered(alias, number string) string {
	return c.arrays() + " WITH ORDINALITY AS " + alias + " (" + c.Names() + ", " + number + ")"
}

func (c Columns[R]) arrays() string {
	arrays := make([]string, len(c))
	for i, column := range c {
		arrays[i] = "$" + strconv.Itoa(i+1) + "::" + column.kind + "[]"
	}
	return "unnest(" + strings.Join(arrays, ", ") + ")"
}

// Further returns the placeholder of the n-th argument behind the arrays, counted from 1.
func (c Columns[R]) Further(n int) string { return "$" + strconv.Itoa(len(c)+n) }

// Arguments returns the arguments of a statement: the arrays of the rows, then the further ones.
func (c Columns[R]) Arguments(rows []R, further ...any) []any {
	arguments := make([]any, 0, len(c)+len(further))
	for _, column := range c {
		arguments = append(arguments, column.array(rows))
	}
	return append(arguments, further...)
}
