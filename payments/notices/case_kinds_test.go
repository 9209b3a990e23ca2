package notices_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"market40/payments/paymentstest"
)

// TestEnumHasEveryKindOfCase compares the declared kinds with the enum that the client's types are
// generated from.
func TestEnumHasEveryKindOfCase(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "case_kinds.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	ast.Inspect(file, func(n ast.Node) bool {
		if word, is := n.(*ast.BasicLit); is {
			kind, err := strconv.Unquote(word.Value)
			if err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, kind)
		}
		return true
	})
	if named := paymentstest.CaseKinds(); !slices.Equal(kinds, named) || len(kinds) < 15 {
		t.Errorf("declared are %q, named by the interface %q", kinds, named)
	}
}
