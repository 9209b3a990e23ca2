package vietqr

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strconv"

	"github.com/skip2/go-qrcode"
)

// QuietZone is the white border around a symbol that ISO/IEC 18004 requires, in modules.
const QuietZone = 4

// maxPixels bounds the width of an image, so that a request cannot ask for gigabytes.
const maxPixels = 8192

// symbol draws a payload's modules at error correction level Q, which is readable with a quarter of
// the symbol dirty.
func symbol(payload string) ([][]bool, error) {
	code, err := qrcode.New(payload, qrcode.High)
	if err != nil {
		return nil, fmt.Errorf("draw QR symbol: %w", err)
	}
	code.DisableBorder = true
	return code.Bitmap(), nil
}

// PNG draws a payload with modulePx whole pixels, at least 1, to a module and a quiet zone of four
// modules, black on white. An image is at most 8192 pixels wide.
func PNG(payload string, modulePx int) ([]byte, error) {
	modules, err := symbol(payload)
	if err != nil {
		return nil, err
	}
	return draw(modules, modulePx)
}

// PNGSize draws a payload as large as whole pixels a module allow in a width of px pixels, quiet
// zone included. The image is px wide or narrower; a width below one pixel a module is an error.
func PNGSize(payload string, px int) ([]byte, error) {
	modules, err := symbol(payload)
	if err != nil {
		return nil, err
	}
	width := len(modules) + 2*QuietZone
	if px < width {
		return nil, fmt.Errorf("draw QR symbol: %d pixels are too few for %d modules", px, width)
	}
	return draw(modules, px/width)
}

func draw(modules [][]bool, modulePx int) ([]byte, error) {
	width := len(modules) + 2*QuietZone
	if modulePx < 1 || modulePx > maxPixels/width {
		return nil, fmt.Errorf("draw QR symbol: %d pixels a module, not 1 to %d", modulePx, maxPixels/width)
	}
	side := width * modulePx
	picture := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y, row := range modules {
		top := (y + QuietZone) * modulePx
		line := picture.Pix[top*picture.Stride : (top+1)*picture.Stride]
		for x, black := range row {
			if black {
				left := (x + QuietZone) * modulePx
				for i := range modulePx {
					line[left+i] = 1
				}
			}
		}
		for i := 1; i < modulePx; i++ {
			copy(picture.Pix[(top+i)*picture.Stride:], line)
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		return nil, fmt.Errorf("write PNG: %w", err)
	}
	return out.Bytes(), nil
}

// Run is a group of adjacent modules of a row, from the symbol's left top corner.
type Run struct{ X, Y, Length int }

// Runs returns the black modules of a payload's symbol, and its width in modules without the quiet
// zone.
func Runs(payload string) (runs []Run, width int, err error) {
	modules, err := symbol(payload)
	if err != nil {
		return nil, 0, err
	}
	for y, row := range modules {
		for x := 0; x < len(row); x++ {
			run := 0
			for x+run < len(row) && row[x+run] {
				run++
			}
			if run > 0 {
				runs = append(runs, Run{x, y, run})
				x += run
			}
		}
	}
	return runs, len(modules), nil
}

// SVG draws a payload as one path on white, a unit of the view box to a module, with the quiet
// zone.
func SVG(payload string) ([]byte, error) {
	runs, width, err := Runs(payload)
	if err != nil {
		return nil, err
	}
	width += 2 * QuietZone
	out := fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges">`+
		`<rect width="%d" height="%d" fill="#fff"/><path d="`, width, width, width, width)
	for _, r := range runs {
		out = append(out, 'M')
		out = strconv.AppendInt(out, int64(r.X+QuietZone), 10)
		out = append(out, ' ')
		out = strconv.AppendInt(out, int64(r.Y+QuietZone), 10)
		out = append(out, 'h')
		out = strconv.AppendInt(out, int64(r.Length), 10)
		out = append(out, "v1h-"...)
		out = strconv.AppendInt(out, int64(r.Length), 10)
		out = append(out, 'z')
	}
	return append(out, `"/></svg>`...), nil
}
