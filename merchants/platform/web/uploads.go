package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"market40/merchants/platform/problem"
)

// maxForm is what may surround an uploaded file, in bytes.
const maxForm = 64 << 10

// maxUpload is the largest upload of any route.
const maxUpload = maxFile + maxForm

// maxFile is the largest file that is uploaded, in bytes.
const maxFile = 5 << 20

// Upload reads the file of a multipart form, which is at most maxFile.
func Upload(c *gin.Context) (name string, data []byte, err error) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxUpload)
	file, header, err := c.Request.FormFile("file")
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return "", nil, problem.New(problem.TooLarge, "too_large", "Tệp lớn hơn 5 MB.", "The file is larger than 5 MB.")
	case errors.Is(err, http.ErrMissingFile):
		return "", nil, problem.Of("file", "required", "Thiếu trường này.", "This field is required.")
	case err != nil:
		return "", nil, unreadableForm()
	}
	defer file.Close()
	data, err = io.ReadAll(file)
	return header.Filename, data, err
}

func unreadableForm() error {
	return problem.New(problem.Malformed, "unreadable", "Không đọc được biểu mẫu tải lên.",
		"The multipart form could not be read.")
}

// DryRun reports whether an import is only tried.
func DryRun(c *gin.Context) (bool, error) {
	asked := c.Query("dry_run")
	if asked == "" {
		asked = c.PostForm("dry_run")
	}
	switch asked {
	case "", "false", "0":
		return false, nil
	case "true", "1":
		return true, nil
	}
	return false, problem.InFields(problem.UnknownValue("dry_run", asked, "true", "false"))
}

// DescribeImport describes an upload of a list: its form, the Result of a list that was read, and
// the Refused problem of one with faulty rows.
func DescribeImport[Result, Refused any](e *Edge, o *huma.Operation) {
	o.Parameters = append(o.Parameters, &huma.Param{
		Name: "dry_run", In: "query", Description: "true: nothing is written",
		Schema: &huma.Schema{Type: "boolean"},
	})
	o.RequestBody = &huma.RequestBody{
		Required: true,
		Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: &huma.Schema{
			Type: "object", Required: []string{"file"},
			Properties: map[string]*huma.Schema{
				"file":    {Type: "string", Format: "binary", Description: "CSV or XLSX, 5 MB at most"},
				"dry_run": {Type: "boolean", Description: "true: nothing is written"},
			},
		}}},
	}
	faulty := &huma.Schema{
		AnyOf: []*huma.Schema{e.SchemaOf(reflect.TypeFor[problem.Body]()), e.SchemaOf(reflect.TypeFor[Refused]())},
	}
	o.Responses = map[string]*huma.Response{
		"200": {
			Description: "What became of each row.",
			Content: map[string]*huma.MediaType{
				"application/json": {Schema: e.SchemaOf(reflect.TypeFor[Result]())},
			},
		},
		"422": {
			Description: "The file or a choice is wrong, or rows are faulty: then the result of each row is beside the problem.",
			Content:     map[string]*huma.MediaType{problem.MediaType: {Schema: faulty}},
		},
	}
}

// multipartTexts returns the names and contents of a multipart form, without the separators.
func multipartTexts(body []byte, contentType string) ([]byte, error) {
	_, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, err
	}
	var all [][]byte
	for reader := multipart.NewReader(bytes.NewReader(body), parameters["boundary"]); ; {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return json.Marshal(all) // no content can pass for the end of another
		}
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return nil, err
		}
		all = append(all, []byte(part.FormName()), []byte(part.FileName()), content)
	}
}
