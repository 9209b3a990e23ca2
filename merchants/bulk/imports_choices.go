package bulk

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"market40/merchants/platform/bizday"
	"market40/merchants/platform/problem"
	"market40/merchants/platform/web"
	"market40/merchants/tenancies"
)

// toConfirm are the codes of the warnings that must be confirmed before a list is written.
var toConfirm = []string{"zeros_lost"}

// fromTheBeginning is the form's since for merchants who had their stalls before our records.
const fromTheBeginning = "before_records"

// importChoices are what the form says beside the file.
type importChoices struct {
	dryRun    bool
	confirmed map[string]bool // codes of the confirmed warnings
	since     string          // of rows without a date: a day, fromTheBeginning, or empty: by the market
	phones    phoneMeanings
}

// phoneMeanings is what phones that are known under other names mean, by row: "12", or "Khu B!12"
// if several sheets are lists.
type phoneMeanings map[string]string

// of returns what a row's phone means. A line without a sheet applies if the file has one list.
func (m phoneMeanings) of(row *importing) string {
	if meaning := m[fmt.Sprintf("%s!%d", row.Sheet, row.Line)]; meaning != "" || !row.alone {
		return meaning
	}
	return m[strconv.Itoa(row.Line)]
}

// readChoices reads the form's fields. The file must be read before.
func readChoices(c *gin.Context, now time.Time) (importChoices, error) {
	choices := importChoices{confirmed: map[string]bool{}, phones: phoneMeanings{}}
	var err error
	if choices.dryRun, err = web.DryRun(c); err != nil {
		return choices, err
	}
	for _, code := range formList(c, "confirm") {
		if !slices.Contains(toConfirm, code) {
			return choices, problem.InFields(problem.UnknownValue("confirm", code, toConfirm...))
		}
		choices.confirmed[code] = true
	}
	choices.since = strings.TrimSpace(formValue(c, "since"))
	if choices.since != "" && choices.since != fromTheBeginning {
		if _, faults := tenancies.SinceOf(choices.since, now); len(faults) > 0 {
			return choices, problem.InFields(faults...)
		}
	}
	for _, meaning := range []string{tenancies.SamePersonAs, tenancies.AnotherPerson} {
		for _, place := range formList(c, meaning) {
			sheet := strings.LastIndexByte(place, '!') + 1
			line, err := strconv.Atoi(place[sheet:])
			if err != nil || line < 1 {
				return choices, problem.Of(meaning, "line_form", "Cần số dòng trong tệp, cách nhau bằng dấu phẩy.",
					"Expected line numbers of the file, separated by commas.")
			}
			choices.phones[place[:sheet]+strconv.Itoa(line)] = meaning
		}
	}
	return choices, nil
}

func formValue(c *gin.Context, name string) string {
	if value := c.PostForm(name); value != "" {
		return value
	}
	return c.Query(name)
}

// formList returns the values of a field that is given several times, or with commas. A value that
// names a sheet is not split, because sheet names may contain commas.
func formList(c *gin.Context, name string) []string {
	var values []string
	for _, given := range append(c.PostFormArray(name), c.QueryArray(name)...) {
		if strings.Contains(given, "!") {
			values = append(values, given)
			continue
		}
		for value := range strings.SplitSeq(given, ",") {
			if value = strings.TrimSpace(value); value != "" {
				values = append(values, value)
			}
		}
	}
	return values
}

// sinceOfRows returns from when rows without a date hold, and the text that shows it. It is the
// form's value, else in a market with payments the moment of the import, shown as its day. The
// start of the day would change reports of today that were already read.
func (c importChoices) sinceOfRows(paid bool, now time.Time) (from, shown string) {
	switch {
	case c.since == fromTheBeginning:
		return "", ""
	case c.since == "" && paid:
		return now.Format(time.RFC3339Nano), bizday.DayOf(now)
	}
	return c.since, c.since
}
