package frontend_test

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	pictureFolder = "screenshots"
	maxPicture    = 60 << 10 // bytes
)

// readmePictures are the pictures in README.md: from which test's picture each is made, and how
// much of its height is shown.
var readmePictures = []struct {
	name, from string
	height     int // pixels; 0: all
	colours    int
}{
	{"stall.png", "stall-selling-360.png", 0, 64},
	{"district.png", "province-overview-1440.png", 900, 32},
	{"poster.png", "poster-a6-one.png", 0, 16},
}

// TestReadmePictures checks that README.md shows each picture and that they are small. With SHOTS,
// a folder of pictures that other tests left, it makes them anew (make screenshots).
func TestReadmePictures(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range readmePictures {
		file := filepath.Join(pictureFolder, p.name)
		if folder := os.Getenv("SHOTS"); folder != "" {
			if err := writeSmall(file, filepath.Join(folder, p.from), p.height, p.colours); err != nil {
				t.Fatal(err)
			}
		}
		if info, err := os.Stat(file); err != nil || info.Size() > maxPicture {
			t.Errorf("%s: %v, or more than %d bytes", file, err, maxPicture)
		}
		if !strings.Contains(string(readme), "frontend/"+file) {
			t.Errorf("README.md does not show frontend/%s", file)
		}
	}
}

// writeSmall writes the upper part of a picture with its most frequent colours only.
func writeSmall(to, from string, height, colours int) error {
	raw, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	picture, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	bounds := picture.Bounds()
	if height > 0 {
		bounds.Max.Y = min(bounds.Max.Y, bounds.Min.Y+height)
	}
	small := image.NewPaletted(image.Rect(0, 0, bounds.Dx(), bounds.Dy()), frequentColours(picture, bounds, colours))
	for y := range bounds.Dy() {
		for x := range bounds.Dx() {
			small.Set(x, y, picture.At(bounds.Min.X+x, bounds.Min.Y+y))
		}
	}
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&out, small); err != nil {
		return err
	}
	return os.WriteFile(to, out.Bytes(), 0o644) //nolint:gosec // shown to everybody
}

// frequentColours returns the n colours that most pixels have.
func frequentColours(picture image.Image, bounds image.Rectangle, n int) color.Palette {
	counts := map[color.Color]int{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			counts[color.RGBAModel.Convert(picture.At(x, y))]++
		}
	}
	palette := make(color.Palette, 0, len(counts))
	for c := range counts {
		palette = append(palette, c)
	}
	slices.SortFunc(palette, func(a, b color.Color) int {
		return cmp.Or(counts[b]-counts[a], cmp.Compare(number(a), number(b)))
	})
	return palette[:min(n, len(palette))]
}

// number orders colours that equally many pixels have.
func number(c color.Color) uint32 {
	r, g, b, _ := c.RGBA()
	return r>>8<<16 | g>>8<<8 | b>>8
}
