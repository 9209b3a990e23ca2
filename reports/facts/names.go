package facts

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// MarketName is how the queries call the cell of a market.
func MarketName(place int) string { return strconv.Itoa(place + 1) }

// separator stands between the words of a part's cell: the market's place, zone, goods group, kind.
const separator = "\x1f"

// words are what a part's name is made of: its market, and where it lies in each dimension.
var words = []string{"", "zone", "goods_group", "kind"}

// JoinParts puts the parts of each market together.
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

// PartName is how the queries call a part of a market.
func PartName(place int, zone, goods, kind string) string {
	return strings.Join([]string{MarketName(place), zone, goods, kind}, separator)
}

// PartsOf returns the parts of the market at a place.
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

// NameIn returns the name of a part in a dimension; none: it is no part.
func NameIn(dimension, name string) (string, bool) {
	parts := strings.Split(name, separator)
	if len(parts) != len(words) {
		return "", false
	}
	return parts[slices.Index(words, dimension)], true
}
