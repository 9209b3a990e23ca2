package vietqr_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"market40/merchants/vietqr"
)

func stallPayload(t *testing.T) string {
	t.Helper()
	payload, err := vietqr.Encode(vietqr.Payment{
		BIN: "970415", Account: "0012345678901", MerchantName: "SAP A12 CHO DAM", City: "NHA TRANG", MCC: "5411",
		Store: "CHODAM", Terminal: "A12", Purpose: "SEVQR C4K7M2P9",
	})
	if err != nil {
		t.Fatal(err)
	}
	return payload
}

// scanned reads a picture with two independent readers, which must agree.
func scanned(t *testing.T, picture []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "code.png")
	if err := os.WriteFile(file, picture, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", file).Output()
	if err != nil {
		t.Fatalf("zbarimg (Debian zbar-tools): %v", err)
	}
	byZbar := strings.TrimSuffix(string(out), "\n")
	decoded, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	if byZxing := readImage(t, decoded); byZxing != byZbar {
		t.Fatalf("zbar reads %q, zxing %q", byZbar, byZxing)
	}
	return byZbar
}

func readImage(t *testing.T, picture image.Image) string {
	t.Helper()
	bitmap, err := gozxing.NewBinaryBitmapFromImage(picture)
	if err != nil {
		t.Fatal(err)
	}
	hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_PURE_BARCODE: true}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, hints)
	if err != nil {
		t.Fatalf("gozxing: %v", err)
	}
	return result.GetText()
}

func size(t *testing.T, picture []byte) int {
	t.Helper()
	config, err := png.DecodeConfig(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	if config.Width != config.Height {
		t.Fatalf("%d×%d is no square", config.Width, config.Height)
	}
	return config.Width
}

func TestPNGIsReadByStrangers(t *testing.T) {
	t.Parallel()
	stall := stallPayload(t)
	for _, modulePx := range []int{1, 2, 3, 8, 20} {
		picture, err := vietqr.PNG(stall, modulePx)
		if err != nil {
			t.Fatal(err)
		}
		if modulePx == 1 { // zbar finds nothing at one pixel a module: read it as a phone would see it
			picture = enlarged(t, picture, 4)
		}
		if got := scanned(t, picture); got != stall {
			t.Errorf("%d pixels a module: %q, want %q", modulePx, got, stall)
		}
	}
	for _, p := range publishedCodes(t) {
		if !p.Strict || strings.ContainsFunc(p.Payload, func(r rune) bool { return r > '~' }) {
			continue
		}
		picture, err := vietqr.PNG(p.Payload, 4)
		if err != nil {
			t.Fatal(err)
		}
		if got := scanned(t, picture); got != p.Payload {
			t.Errorf("%s: %q", p.Name, got)
		}
	}
}

func enlarged(t *testing.T, picture []byte, times int) []byte {
	t.Helper()
	small, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	side := small.Bounds().Dx() * times
	large := image.NewGray(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			large.Set(x, y, small.At(x/times, y/times))
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, large); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestPNGSizeIsTheLargestOfWholeModules(t *testing.T) {
	t.Parallel()
	stall := stallPayload(t)
	one, err := vietqr.PNG(stall, 1)
	if err != nil {
		t.Fatal(err)
	}
	modules := size(t, one)
	for px, want := range map[int]int{modules: 1, 2*modules - 1: 1, 2 * modules: 2, 1000: 1000 / modules} {
		picture, err := vietqr.PNGSize(stall, px)
		if err != nil {
			t.Fatal(err)
		}
		if got := size(t, picture); got != want*modules {
			t.Errorf("%d pixels: %d wide, want %d", px, got, want*modules)
		}
	}
	for _, px := range []int{modules - 1, 0, -5, 1 << 40} {
		if _, err := vietqr.PNGSize(stall, px); err == nil {
			t.Errorf("%d pixels: no error", px)
		}
	}
	if _, err := vietqr.PNG(stall, 0); err == nil {
		t.Error("0 pixels a module: no error")
	}
	if _, err := vietqr.PNG(strings.Repeat("x", 9000), 1); err == nil {
		t.Error("9000 characters: no error")
	}
}

func TestPNGHasQuietZone(t *testing.T) {
	t.Parallel()
	picture, err := vietqr.PNG(stallPayload(t), 3)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	side := decoded.Bounds().Dx()
	for y := range side {
		for x := range side {
			inside := x >= 12 && y >= 12 && x < side-12 && y < side-12
			if r, _, _, _ := decoded.At(x, y).RGBA(); !inside && r != 0xFFFF {
				t.Fatalf("dark at %d,%d", x, y)
			}
		}
	}
	if r, _, _, _ := decoded.At(12, 12).RGBA(); r != 0 {
		t.Error("the first module is not dark: the border is wider than four modules")
	}
}

func TestSVGIsReadByStrangers(t *testing.T) {
	t.Parallel()
	stall := stallPayload(t)
	drawing, err := vietqr.SVG(stall)
	if err != nil {
		t.Fatal(err)
	}
	var svg struct {
		ViewBox string `xml:"viewBox,attr"`
		Edges   string `xml:"shape-rendering,attr"`
		Paths   []struct {
			D string `xml:"d,attr"`
		} `xml:"path"`
	}
	if err := xml.Unmarshal(drawing, &svg); err != nil {
		t.Fatal(err)
	}
	var side int
	if _, err := fmt.Sscanf(svg.ViewBox, "0 0 %d", &side); err != nil || len(svg.Paths) != 1 ||
		svg.Edges != "crispEdges" {
		t.Fatalf("view box %q, edges %q, %d paths, %v", svg.ViewBox, svg.Edges, len(svg.Paths), err)
	}
	const scale = 5
	picture := image.NewGray(image.Rect(0, 0, side*scale, side*scale))
	for i := range picture.Pix {
		picture.Pix[i] = 0xFF
	}
	for _, run := range strings.Split(strings.TrimSuffix(svg.Paths[0].D, "z"), "z") {
		var x, y, width, back int
		if _, err := fmt.Sscanf(run, "M%d %dh%dv1h-%d", &x, &y, &width, &back); err != nil || width != back {
			t.Fatalf("run %q: %v", run, err)
		}
		for py := y * scale; py < (y+1)*scale; py++ {
			for px := x * scale; px < (x+width)*scale; px++ {
				picture.SetGray(px, py, color.Gray{})
			}
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		t.Fatal(err)
	}
	if got := scanned(t, out.Bytes()); got != stall {
		t.Errorf("%q, want %q", got, stall)
	}
	if _, err := vietqr.SVG(strings.Repeat("x", 9000)); err == nil {
		t.Error("9000 characters: no error")
	}
}
