package reports

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// placeName is how the queries call the cell of a market.
func placeName(place int) string { return strconv.Itoa(place + 1) }

// separator stands between the words of a part's cell: the market's place, zone, goods group, kind.
const separator = "\x1f"

// words are what a part's name is made of: its market, and where it lies in each dimension.
var words = []string{"", "zone", "goods_group", "kind"}

// wholes puts the parts of each market together.
func wholes(atoms map[string]*cell) map[string]*cell {
	of := map[string][]*cell{}
	for _, name := range slices.Sorted(maps.Keys(atoms)) {
		place, _, _ := strings.Cut(name, separator)
		of[place] = append(of[place], atoms[name])
	}
	cells := make(map[string]*cell, len(of))
	for place, here := range of {
		cells[place] = joined(here)
	}
	return cells
}

// atomName is how the queries call a part of a market.
func atomName(place int, zone, goods, kind string) string {
	return strings.Join([]string{placeName(place), zone, goods, kind}, separator)
}

// atomsOf returns the parts of the market at a place.
func atomsOf(atoms map[string]*cell, place int) map[string]*cell {
	own := map[string]*cell{}
	for name, atom := range atoms {
		if strings.HasPrefix(name, placeName(place)+separator) {
			own[name] = atom
		}
	}
	return own
}

// dimensions returns the ways to divide a market: zone, goods_group, kind.
func dimensions() []string { return words[1:] }

// nameIn returns the name of a part in a dimension; none: it is no part.
func nameIn(dimension, name string) (string, bool) {
	parts := strings.Split(name, separator)
	if len(parts) != len(words) {
		return "", false
	}
	return parts[slices.Index(words, dimension)], true
}
