package posters_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"market40/merchants/posters"
	"market40/merchants/vietqr"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newPoster is one of many, each with another code.
func newPoster(t testing.TB, n int) posters.Poster {
	t.Helper()
	code := fmt.Sprintf("M4J%07d", n)
	payload, err := vietqr.Encode(vietqr.Payment{
		BIN: "970436", Account: fmt.Sprintf("00110%08d", n),
		MerchantName: "NGUYEN THI HUONG", City: "NHA TRANG", Purpose: code,
	})
	must(t, err)
	return posters.Poster{
		Stall: fmt.Sprintf("A-%d", n), Market: "Chợ Đầm", Zone: "Khu hải sản", Seller: "Hộ kinh doanh Hương Biển",
		Holder: "NGUYỄN THỊ HƯỜNG", Bank: "Vietcombank", Last: "••••4567",
		Code: code, Payload: payload, Serial: fmt.Sprintf("CHODAM/A-%d", n), Version: 2, IssuedAt: time.Date(2026, 11,
			23, 8, 0, 0, 0, time.UTC),
		CheckURL: "https://cho.example.vn/q/" + code, Demo: n%2 == 1,
	}
}

// rendered are the pages of a PDF as another program draws them (poppler), at a number of dots an
// inch.
func rendered(t *testing.T, pdf []byte, dpi int) []*image.Gray {
	t.Helper()
	folder := t.TempDir()
	file := filepath.Join(folder, "x.pdf")
	must(t, os.WriteFile(file, pdf, 0o600))
	must(t, exec.CommandContext(t.Context(), "pdftoppm", "-gray", "-r", fmt.Sprint(dpi), file,
		filepath.Join(folder, "page")).Run())
	names, err := filepath.Glob(filepath.Join(folder, "page*.pgm"))
	must(t, err)
	slices.Sort(names)
	pages := make([]*image.Gray, len(names))
	for i, name := range names {
		raw, err := os.ReadFile(name)
		must(t, err)
		var width, height int
		_, err = fmt.Sscanf(string(raw[:min(len(raw), 40)]), greyMap, &width, &height)
		must(t, err)
		pages[i] = image.NewGray(image.Rect(0, 0, width, height))
		if n := copy(pages[i].Pix, raw[len(fmt.Sprintf(greyMap, width, height)):]); n != width*height {
			t.Fatalf("%s holds %d dots of %d × %d", name, n, width, height)
		}
	}
	return pages
}

// greyMap is the header of a PGM picture with one byte per dot, written and read without packing.
const greyMap = "P5\n%d %d\n255\n"

// zbar are the codes that an independent reader (Debian zbar-tools) finds in a picture.
func zbar(t *testing.T, picture *image.Gray) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "code.pgm")
	raw := append(fmt.Appendf(nil, greyMap, picture.Rect.Dx(), picture.Rect.Dy()), picture.Pix...)
	must(t, os.WriteFile(file, raw, 0o600))
	// 4: it found none
	out, _ := exec.CommandContext(t.Context(), "zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable",
		file).Output()
	found := strings.Split(strings.TrimSpace(string(out)), "\n")
	slices.Sort(found)
	return found
}

func writePosters(t testing.TB, size string, sheets bool, list ...posters.Poster) []byte {
	t.Helper()
	var out bytes.Buffer
	must(t, posters.Write(&out, posters.Sizes[size], sheets, list))
	return out.Bytes()
}

// TestPrintedCodesAreRead prints each size, one a page and as sheets, and reads every code as it
// is, blurred, turned and at half its size.
func TestPrintedCodesAreRead(t *testing.T) {
	t.Parallel()
	for _, size := range posters.SizeNames {
		for _, sheets := range []bool{false, true} {
			if sheets && size == "a4" {
				continue // one a sheet
			}
			t.Run(fmt.Sprintf("%s sheets=%v", size, sheets), func(t *testing.T) {
				t.Parallel()
				list := []posters.Poster{newPoster(t, 11), newPoster(t, 12)}
				var found []string
				for _, page := range rendered(t, writePosters(t, size, sheets, list...), 300) {
					got := zbar(t, page)
					found = append(found, got...)
					for name, worse := range map[string]*image.Gray{"blurred": blurred(page, 4), "turned": turned(page,
						15), "halved": halved(page)} {
						if again := zbar(t, worse); !slices.Equal(again, got) {
							t.Errorf("%s, %q is read of %q", name, again, got)
						}
					}
				}
				slices.Sort(found)
				if want := []string{list[0].Payload, list[1].Payload}; !slices.Equal(found, want) {
					t.Errorf("zbar reads %q, want %q", found, want)
				}
			})
		}
	}
}

// TestPostersSayEverything reads the text back with another program, letters with all their marks.
func TestPostersSayEverything(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "x.pdf")
	must(t, os.WriteFile(file, writePosters(t, "a6", false, newPoster(t, 7)), 0o600))
	text, err := exec.CommandContext(t.Context(), "pdftotext", "-layout", file, "-").Output()
	must(t, err)
	for _, want := range []string{
		"Sạp A-7", "Chợ Đầm · Khu hải sản", "Hộ kinh doanh Hương Biển", "NGUYỄN THỊ HƯỜNG",
		"Vietcombank ••••4567", "Nội dung: M4J0000007", "CHODAM/A-7 · bản 2 · cấp ngày 23/11/2026",
		"https://cho.example.vn/q/M4J0000007", "dữ liệu minh họa", "loa báo",
	} {
		if !strings.Contains(strings.Join(strings.Fields(string(text)), " "), want) {
			t.Errorf("the poster lacks %q: %s", want, text)
		}
	}
}

// TestHostileNamesStayInTheirPlace prints names that are long, composed otherwise, or PDF: the code
// is read all the same and nothing runs.
func TestHostileNamesStayInTheirPlace(t *testing.T) {
	t.Parallel()
	for i, name := range []string{
		strings.Repeat("Nguyễn Phước Bảo Quỳnh Hương ", 12), strings.Repeat("Ơ", 5000),
		"(a) Tj ET Q\n/JavaScript (app.alert(1)) >> endobj", "\x00\u202eabc\u2028",
		"Ho\u031bng Bie\u0302\u0309n", "🐟🦐 Tôm Cá", "", "\xff\xfe", "=cmd|'/C calc'!A0",
	} {
		p := newPoster(t, 100+i)
		p.Stall, p.Market, p.Seller, p.Holder, p.Serial = name, name, name, name, name
		raw := writePosters(t, "a6", false, p)
		if bytes.Contains(raw, []byte("JavaScript")) {
			t.Errorf("%q is in the PDF without escaping", name)
		}
		pages := rendered(t, raw, 150)
		if len(pages) != 1 || !slices.Equal(zbar(t, pages[0]), []string{p.Payload}) {
			t.Errorf("with %q there are %d pages, or the code is not read", name, len(pages))
		}
		if folder := os.Getenv("SHOTS"); folder != "" {
			var shot bytes.Buffer
			must(t, png.Encode(&shot, pages[0]))
			must(t, os.WriteFile(filepath.Join(folder, fmt.Sprintf("poster-hostile-%d.png", i)), shot.Bytes(), 0o600))
		}
	}
}

// TestPostersInPictures leaves each size to be looked at, with SHOTS.
func TestPostersInPictures(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("SHOTS")
	if folder == "" {
		t.Skip("SHOTS names no folder")
	}
	for _, size := range posters.SizeNames {
		for name, raw := range map[string][]byte{"one": writePosters(t, size, false, newPoster(t, 3)), "sheet": writePosters(t, size,
			true, newPoster(t, 1), newPoster(t, 2), newPoster(t, 4))} {
			var shot bytes.Buffer
			must(t, png.Encode(&shot, rendered(t, raw, 100)[0]))
			must(t, os.WriteFile(filepath.Join(folder, "poster-"+size+"-"+name+".png"), shot.Bytes(), 0o600))
		}
	}
}

// blurred is a page through a box of 2r+1 pixels, as of a phone that is not sharp.
func blurred(in *image.Gray, r int) *image.Gray {
	for range 2 { // rows, then columns
		out := image.NewGray(image.Rect(0, 0, in.Rect.Dy(), in.Rect.Dx()))
		for y := range in.Rect.Dy() {
			row, sum := in.Pix[y*in.Stride:y*in.Stride+in.Rect.Dx()], 0
			for x := -r; x < len(row); x++ {
				if x+r < len(row) {
					sum += int(row[x+r])
				}
				if x-r-1 >= 0 {
					sum -= int(row[x-r-1])
				}
				if x >= 0 {
					out.Pix[x*out.Stride+y] = uint8(sum / (min(x+r, len(row)-1) - max(x-r, 0) + 1))
				}
			}
		}
		in = out
	}
	return in
}

// turned is a page held askew.
func turned(in *image.Gray, degrees float64) *image.Gray {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	w, h := float64(in.Rect.Dx()), float64(in.Rect.Dy())
	side := int(math.Hypot(w, h))
	out := image.NewGray(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			dx, dy := float64(x)-float64(side)/2, float64(y)-float64(side)/2
			at := image.Pt(int(dx*cos+dy*sin+w/2), int(dy*cos-dx*sin+h/2))
			if at.In(in.Rect) {
				out.SetGray(x, y, in.GrayAt(at.X, at.Y))
			} else {
				out.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	return out
}

// halved is a page seen from twice as far.
func halved(in *image.Gray) *image.Gray {
	out := image.NewGray(image.Rect(0, 0, in.Rect.Dx()/2, in.Rect.Dy()/2))
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			sum := 0
			for _, at := range []image.Point{{2 * x, 2 * y}, {2*x + 1, 2 * y}, {2 * x, 2*y + 1}, {2*x + 1, 2*y + 1}} {
				sum += int(in.GrayAt(at.X, at.Y).Y)
			}
			out.SetGray(x, y, color.Gray{Y: uint8(sum / 4)})
		}
	}
	return out
}

func BenchmarkThousandA6(b *testing.B) {
	list := make([]posters.Poster, 1000)
	for i := range list {
		list[i] = newPoster(b, i)
	}
	for b.Loop() {
		b.ReportMetric(float64(len(writePosters(b, "a6", false, list...)))/1e6, "MB")
	}
}
