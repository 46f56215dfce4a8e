//! Spreadsheets as programs and people save them.

use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use shiftbell_metrics::definitions::sheet::Row;

use super::{ROWS_MAX, csv_of, sheets, xlsx_of};

fn rows(bytes: &[u8]) -> Vec<Row> {
    sheets(bytes).unwrap_or_else(|why| panic!("{why}")).remove(0).rows
}

fn cells(bytes: &[u8]) -> Vec<(usize, Vec<String>)> {
    rows(bytes).into_iter().map(|row| (row.number, row.cells)).collect()
}

fn texts(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

#[test]
fn csv_is_read_whatever_its_delimiter_and_rows_are_counted_as_people_see_them() {
    let wanted = vec![(1, texts(&["KPI", "Formula"])), (4, texts(&["two\nlines", "a, b"])), (5, texts(&["x", "y"]))];
    assert_eq!(cells(b"KPI,Formula\r\n\r\n,\r\n\"two\r\nlines\",\"a, b\"\r\nx,y\r\n"), wanted);
    assert_eq!(cells(b"\xEF\xBB\xBFKPI;Formula\n\n;\n\"two\nlines\";a, b\nx;y"), wanted);
    assert_eq!(cells(b"KPI\tFormula\n\n \n\"two\nlines\"\ta, b\nx\ty"), wanted);
    let said = cells(b"sep=;\nKPI;Formula\n");
    assert_eq!(said, [(2, texts(&["KPI", "Formula"]))]);
    assert_eq!(cells(b""), []);
}

#[test]
fn what_is_no_spreadsheet_is_refused_with_what_to_do() {
    let said = |bytes: &[u8]| sheets(bytes).expect_err("no spreadsheet");
    assert!(said(b"\xFF\xFEK\0P\0I\0").contains("CSV UTF-8"));
    assert!(said(b"KPI,Formula\nUmsatz f\xFCr,x\n").contains("line 2"));
    assert!(said(b"KPI\0\0").contains("zero bytes"));
    assert!(said(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1").contains(".xls workbook"));
    assert!(said(b"PK\x03\x04 but no more").contains("no workbook"));
    assert!(said(&vec![b'x'; super::BYTES_MAX + 1]).contains("at most 10485760"));
    assert!(said("a,b\n".repeat(ROWS_MAX + 1).as_bytes()).contains("more than 100000 rows"));
    let long = format!("KPI,{}\n", "x".repeat(200_000));
    assert!(said(long.as_bytes()).contains("row 1 has a cell of 200000 bytes"));
    // A small file that says it holds four gigabytes.
    let mut bomb = xlsx_of(&[texts(&["KPI"])]).expect("written");
    let at = bomb.windows(4).position(|window| window == b"PK\x01\x02").expect("an entry");
    bomb[at + 24..at + 28].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(said(&bomb).contains("unpacked"));
}

#[test]
fn a_workbook_is_read_with_its_merged_cells_dates_numbers_and_calculations() {
    let mut book = Workbook::new();
    book.add_worksheet().write_string(0, 0, "notes").expect("written");
    let sheet = book.add_worksheet();
    let plain = Format::new();
    let date = Format::new().set_num_format("yyyy-mm-dd");
    sheet.merge_range(0, 0, 0, 4, "KPI discovery", &plain).expect("merged");
    sheet.merge_range(2, 0, 4, 0, "Primary", &plain).expect("merged");
    sheet.write_string(2, 1, "MQLs").expect("written");
    sheet.write_number(2, 2, 0.3).expect("written");
    sheet.write_with_format(2, 3, ExcelDateTime::from_ymd(2026, 11, 2).expect("a day"), &date).expect("written");
    sheet.write_formula(3, 1, Formula::new("=B2/B3").set_result("0.5")).expect("written");
    sheet.write_string(4, 1, "=cmd|' /C calc'!A0").expect("written");
    sheet.write_string(4, 16_383, "far away").expect("written");
    let sheets = sheets(&book.save_to_buffer().expect("saved")).expect("read");
    assert_eq!(sheets.iter().map(|sheet| sheet.name.as_str()).collect::<Vec<_>>(), ["Sheet1", "Sheet2"]);
    let rows = &sheets[1].rows;
    assert_eq!((rows[0].number, &rows[0].cells), (1, &texts(&["KPI discovery"])));
    assert_eq!((rows[1].number, &rows[1].cells), (3, &texts(&["Primary", "MQLs", "0.3", "2026-11-02"])));
    assert_eq!((&rows[2].cells, &rows[2].merged), (&texts(&["Primary", "=B2/B3"]), &vec![0]));
    assert_eq!(rows[3].cells, texts(&["Primary", "=cmd|' /C calc'!A0"]));
}

#[test]
fn no_cell_of_a_csv_is_run_and_none_is_changed() {
    let row = texts(&[
        "=cmd|' /C calc'!A0",
        "+1",
        "-2",
        "@SUM(A1)",
        "\ttab",
        "'=x",
        "''quoted",
        "'plain'",
        "\u{ff1d}1",
        "a=b",
    ]);
    let bytes = csv_of(std::slice::from_ref(&row));
    assert_eq!(cells(&bytes), [(1, row)]);
    let text = String::from_utf8(bytes).expect("text");
    assert!(
        text.starts_with("\u{feff}'=cmd") && text.contains(",'+1,'-2,'@SUM(A1),'\ttab,''=x,''quoted,'plain',"),
        "{text}"
    );
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(rows in prop::collection::vec(prop::collection::vec("[a-z=+@'\", ;\n\u{e4}-]{1,12}[a-z]", 2..5), 1..6)) {
        let wanted: Vec<Vec<String>> = rows.clone();
        let read = |bytes: &[u8]| sheets(bytes).map(|mut sheets| sheets.remove(0).rows.into_iter().map(|row| row.cells).collect::<Vec<_>>());
        prop_assert_eq!(read(&xlsx_of(&rows).unwrap()), Ok(wanted.clone()));
        // A first line decides the delimiter, as the header of a real sheet does.
        let mut headed = vec![texts(&["Name", "Formula", "Owner", "Segment"])];
        headed.extend(rows);
        let csv = read(&csv_of(&headed)).map(|rows| rows[1..].to_vec());
        prop_assert_eq!(csv, Ok(wanted));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = sheets(&bytes);
        let _ = sheets(&[b"PK\x03\x04".as_slice(), &bytes].concat());
    }
}
