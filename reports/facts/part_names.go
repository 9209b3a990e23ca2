package facts

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// MarketName returns the name of a market's cell in the queries.
func MarketName(place int) string { return strconv.Itoa(place + 1) }

// separator separates the words of a part's name: the market's index, zone, goods group, kind.
const separator = "\x1f"

// words are the words of a part's name: its market, then its value in each dimension.
var words = []string{"", "zone", "goods_group", "kind"}

// JoinParts joins the parts of each market.
func JoinParts(atoms map[string]*Cell) map[string]*Cell {
	of := map[string][]*Cell{}
	for _, name := range slices.Sorted(maps.Keys(atoms)) {
		place, _, _ := strings.Cut(name, separator)
		of[place] = append(of[place], atoms[name])
	}
	cells := make(map[string]*Cell, len(of))
	for place, here := range of {
		cells[place] = Join(here)
	}
	return cells
}

// PartName returns the name of a part of a market in the queries.
func PartName(place int, zone, goods, kind string) string {
	return strings.Join([]string{MarketName(place), zone, goods, kind}, separator)
}

// PartsOf returns the parts of the market at an index.
func PartsOf(atoms map[string]*Cell, place int) map[string]*Cell {
	own := map[string]*Cell{}
	for name, atom := range atoms {
		if strings.HasPrefix(name, MarketName(place)+separator) {
			own[name] = atom
		}
	}
	return own
}

// Dimensions returns the ways to divide a market: zone, goods_group, kind.
func Dimensions() []string { return words[1:] }

// NameIn returns the name of a part in a dimension. It returns false for a name that is not of a
// part.
func NameIn(dimension, name string) (string, bool) {
	parts := strings.Split(name, separator)
	if len(parts) != len(words) {
		return "", false
	}
	return parts[slices.Index(words, dimension)], true
}
