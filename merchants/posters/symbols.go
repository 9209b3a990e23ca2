package posters

import (
	"fmt"
	"runtime"
	"strconv"
	"sync"

	"market40/merchants/vietqr"
)

// symbol is a code's drawing.
type symbol struct {
	runs  []vietqr.Run
	width int // modules, without the quiet zone
	err   error
}

// drawSymbols works the symbols out, on all processors: it takes longer than to write the PDF.
func drawSymbols(posters []Poster) []chan symbol {
	symbols := make([]chan symbol, len(posters))
	for i := range symbols {
		symbols[i] = make(chan symbol, 1)
	}
	var mu sync.Mutex
	next := 0
	take := func() int {
		mu.Lock()
		defer mu.Unlock()
		next++
		return next - 1
	}
	for range runtime.GOMAXPROCS(0) {
		go func() {
			for i := take(); i < len(posters); i = take() {
				var s symbol
				s.runs, s.width, s.err = vietqr.Runs(posters[i].Payload)
				symbols[i] <- s
			}
		}()
	}
	return symbols
}

// symbol draws a code's modules in black on white as one path, one unit for each module. Rectangles
// of fpdf would need three times as many bytes.
func (d *drawing) symbol(s symbol) {
	side := symbolSide * d.scale
	left, top := d.x+(layoutWidth*d.scale-side)/2, d.y+symbolTop*d.scale
	d.pdf.SetFillColor(255, 255, 255)
	d.pdf.Rect(left, top, side, side, "F")
	const pointsPerMillimetre = 72 / 25.4
	unit := side / float64(s.width+2*vietqr.QuietZone) * pointsPerMillimetre
	originX := left*pointsPerMillimetre + vietqr.QuietZone*unit
	originY := (d.height-top)*pointsPerMillimetre - vietqr.QuietZone*unit
	path := fmt.Appendf(nil, "q %.4f 0 0 %.4f %.3f %.3f cm 0 g\n", unit, -unit, originX, originY)
	for _, r := range s.runs {
		for _, n := range [...]int{r.X, r.Y, r.Length} {
			path = strconv.AppendInt(path, int64(n), 10)
			path = append(path, ' ')
		}
		path = append(path, "1 re\n"...)
	}
	d.pdf.RawWriteStr(string(append(path, "f Q\n"...)))
}
