package frontend

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"market40/merchants/platform/problem"
)

// codings are the forms in which a build stores a file beside it, the smallest first.
var codings = []struct{ name, ending string }{{"br", ".br"}, {"gzip", ".gz"}}

// appFile is a file of an app in all its forms.
type appFile struct {
	kind  string // its content type
	plain form
	coded map[string]form // by the name of the coding
}

// form is what is sent of a file, and the tag by which a browser recognises it.
type form struct {
	content []byte
	tag     string
}

// readApp returns the files of an app by name: none if it was not built.
func readApp(folder string) (map[string]appFile, error) {
	files := map[string]appFile{}
	err := fs.WalkDir(dist, folder, func(at string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || entry.IsDir() || isCoded(at) {
			return err
		}
		file := appFile{kind: kindOf(at), coded: map[string]form{}}
		if file.plain, err = readForm(at); err != nil {
			return err
		}
		for _, coding := range codings {
			if coded, err := readForm(at + coding.ending); err == nil {
				file.coded[coding.name] = coded
			}
		}
		files[strings.TrimPrefix(at, folder+"/")] = file
		return nil
	})
	return files, err
}

// isCoded reports whether a file is the compressed form of another one.
func isCoded(name string) bool {
	ending := path.Ext(name)
	return ending == codings[0].ending || ending == codings[1].ending
}

func readForm(name string) (form, error) {
	content, err := dist.ReadFile(name)
	sum := sha256.Sum256(content)
	return form{content, `"` + hex.EncodeToString(sum[:12]) + `"`}, err
}

// kindOf returns the content type of a file.
func kindOf(name string) string {
	ending := path.Ext(name)
	if ending == ".webmanifest" {
		return "application/manifest+json"
	}
	if kind := mime.TypeByExtension(ending); kind != "" {
		return kind
	}
	return "application/octet-stream"
}

// serveApp serves a file of an app, compressed where the browser accepts it. A file with a digest in
// its name never changes; all else is asked for again.
func serveApp(c *gin.Context, files map[string]appFile) error {
	name := strings.TrimPrefix(c.Param("file"), "/")
	if name == "" {
		name = "index.html"
	}
	file, found := files[name]
	if !found && name == "index.html" {
		return problem.New(problem.Unavailable, "not_built", "Ứng dụng chưa được dựng: hãy chạy make build.",
			"The app was not built into this program: run make build.")
	}
	if !found {
		return problem.Missing("file")
	}
	c.Header("Content-Security-Policy", appPolicy)
	c.Header("Cache-Control", "no-cache")
	if strings.HasPrefix(name, "assets/") {
		c.Header("Cache-Control", "public, max-age=31536000, immutable")
	}
	c.Header("Content-Type", file.kind)
	sent := file.plain
	for _, coding := range codings {
		if coded, stored := file.coded[coding.name]; stored && accepts(c.GetHeader("Accept-Encoding"), coding.name) {
			c.Header("Content-Encoding", coding.name)
			c.Header("Content-Length", strconv.Itoa(len(coded.content)))
			sent = coded
			break
		}
	}
	c.Header("Etag", sent.tag)
	http.ServeContent(c.Writer, c.Request, name, time.Time{}, bytes.NewReader(sent.content))
	return nil
}

// accepts reports whether an Accept-Encoding header (RFC 9110, 12.5.3) names a coding and does not
// refuse it by q=0.
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(strings.ReplaceAll(part, " ", ""), ";")
		if strings.EqualFold(name, coding) {
			q, err := strconv.ParseFloat(strings.TrimPrefix(strings.ToLower(weight), "q="), 64)
			return err != nil || q > 0
		}
	}
	return false
}
