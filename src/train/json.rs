//! As much JSON as a safetensors header needs: objects, arrays, strings, whole numbers, and words such as null.

/// A value of a header.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    Text(String),
    Number(u64),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
    /// null, true or false: nothing that is asked for.
    Word,
}

impl Json {
    /// Parses all of `text`.
    ///
    /// A hostile text costs no more than its own length: nesting is bounded, numbers fit u64, keys of an
    /// object are distinct.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser {
            bytes: text.as_bytes(),
            at: 0,
        };
        let value = parser.value(0)?;
        parser.space();
        match parser.peek() {
            None => Ok(value),
            Some(_) => Err(parser.wrong("the end")),
        }
    }
}

/// A header nests an object, its tensors and their shapes; what others write beside them may be deeper.
const DEPTH: usize = 16;

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn wrong(&self, wanted: &str) -> String {
        format!(
            "the header is not valid: {wanted} expected at byte {}",
            self.at
        )
    }

    /// Whether `byte` comes next; then it is passed.
    fn takes(&mut self, byte: u8) -> bool {
        self.space();
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, byte: u8) -> Result<(), String> {
        match self.takes(byte) {
            true => Ok(()),
            false => Err(self.wrong(&format!("'{}'", char::from(byte)))),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Json, String> {
        if depth > DEPTH {
            return Err(self.wrong("less nesting"));
        }
        self.space();
        match self.peek() {
            Some(b'"') => Ok(Json::Text(self.text()?)),
            Some(b'0'..=b'9') => Ok(Json::Number(self.number()?)),
            Some(b'[') => self.list(depth),
            Some(b'{') => self.object(depth),
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Result<Json, String> {
        let rest = &self.bytes[self.at..];
        let mut words = ["null", "true", "false"].into_iter();
        let word = words.find(|word| rest.starts_with(word.as_bytes()));
        self.at += word.ok_or_else(|| self.wrong("a value"))?.len();
        Ok(Json::Word)
    }

    fn list(&mut self, depth: usize) -> Result<Json, String> {
        self.expect(b'[')?;
        let mut items = Vec::new();
        if self.takes(b']') {
            return Ok(Json::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            if !self.takes(b',') {
                self.expect(b']')?;
                return Ok(Json::List(items));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, String> {
        self.expect(b'{')?;
        let mut members = Vec::new();
        if self.takes(b'}') {
            return Ok(Json::Object(members));
        }
        let mut seen = std::collections::HashSet::new();
        loop {
            self.space();
            let key = self.text()?;
            if !seen.insert(key.clone()) {
                return Err(format!("the header names \"{key}\" twice"));
            }
            self.expect(b':')?;
            members.push((key, self.value(depth + 1)?));
            if !self.takes(b',') {
                self.expect(b'}')?;
                return Ok(Json::Object(members));
            }
        }
    }

    fn number(&mut self) -> Result<u64, String> {
        let start = self.at;
        let mut number = 0_u64;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            let next = number.checked_mul(10);
            let next = next.and_then(|n| n.checked_add(u64::from(digit - b'0')));
            number = next.ok_or_else(|| self.wrong("a number below 2^64"))?;
            self.at += 1;
        }
        let padded = self.at - start > 1 && self.bytes[start] == b'0';
        if padded || matches!(self.peek(), Some(b'.' | b'e' | b'E')) {
            return Err(self.wrong("a whole number"));
        }
        Ok(number)
    }

    fn text(&mut self) -> Result<String, String> {
        if self.peek() != Some(b'"') {
            return Err(self.wrong("'\"'"));
        }
        self.at += 1;
        let mut text = Vec::new();
        loop {
            let byte = self.peek().ok_or_else(|| self.wrong("'\"'"))?;
            self.at += 1;
            match byte {
                b'"' => break,
                b'\\' => self.escape(&mut text)?,
                0..=0x1f => return Err(self.wrong("no control character")),
                _ => text.push(byte),
            }
        }
        String::from_utf8(text).map_err(|_| self.wrong("UTF-8"))
    }

    fn escape(&mut self, text: &mut Vec<u8>) -> Result<(), String> {
        let byte = self.peek().ok_or_else(|| self.wrong("an escape"))?;
        self.at += 1;
        let plain = match byte {
            b'"' | b'\\' | b'/' => byte,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let letter = self.letter()?;
                text.extend(letter.encode_utf8(&mut [0; 4]).bytes());
                return Ok(());
            }
            _ => return Err(self.wrong("an escape")),
        };
        text.push(plain);
        Ok(())
    }
}

impl Parser<'_> {
    /// What follows `\u`: a code of four digits, or two of them that are a pair of surrogates.
    fn letter(&mut self) -> Result<char, String> {
        let mut codes = vec![self.code()?];
        if (0xd800..0xdc00).contains(&codes[0]) && self.bytes[self.at..].starts_with(b"\\u") {
            self.at += 2;
            codes.push(self.code()?);
        }
        // Half a pair is no letter.
        match char::decode_utf16(codes)
            .collect::<Result<Vec<_>, _>>()
            .as_deref()
        {
            Ok([letter]) => Ok(*letter),
            _ => Err(self.wrong("a pair of surrogates")),
        }
    }

    fn code(&mut self) -> Result<u16, String> {
        let digits = self.bytes.get(self.at..self.at + 4);
        let digit = |code: u16, digit: &u8| {
            let digit = char::from(*digit).to_digit(16)?;
            Some(code << 4 | digit as u16)
        };
        let code = digits.and_then(|digits| digits.iter().try_fold(0, digit));
        let code = code.ok_or_else(|| self.wrong("a \\u escape"))?;
        self.at += 4;
        Ok(code)
    }
}

/// `text` as a JSON string.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            control if control < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_headers_hold() {
        let value = Json::parse(r#" {"a\n\u00e9" : [1, 20], "b":{"c":"d\"\\"}, "e":[]} "#).unwrap();
        let inner = vec![("c".to_owned(), Json::Text("d\"\\".to_owned()))];
        let numbers = vec![Json::Number(1), Json::Number(20)];
        let expected = vec![
            ("a\né".to_owned(), Json::List(numbers)),
            ("b".to_owned(), Json::Object(inner)),
            ("e".to_owned(), Json::List(vec![])),
        ];
        assert_eq!(value, Json::Object(expected));
        let value = Json::parse(r#"["\ud83d\udE00\/\b\f\r\t", null, true, false]"#).unwrap();
        let text = Json::Text("😀/\u{8}\u{c}\r\t".to_owned());
        assert_eq!(
            value,
            Json::List(vec![text, Json::Word, Json::Word, Json::Word])
        );
        let odd = "a\"\\\n\u{1}é😀";
        assert_eq!(Json::parse(&quoted(odd)), Ok(Json::Text(odd.to_owned())));
    }

    #[test]
    fn refuses_what_is_not_json() {
        let deep = "[".repeat(100_000);
        let wrong = [
            "",
            "{",
            "[1,",
            "[1 2]",
            "{\"a\"}",
            "{\"a\":1,\"a\":2}",
            "01",
            "1.5",
            "1e3",
            "-1",
            "nul",
            "\"\\x\"",
            "nulls",
            "\"\\ud800\"",
            "\"\\ud800\\u0041\"",
            "\"\\ud800\\ud800\"",
            "\"\\udc00\\ud800\"",
            "\"\\ud800\\u",
            "\"\\u+123\"",
            "\"\\u00g0\"",
            "\"\\u12",
            "\"a",
            "18446744073709551616",
            "1 2",
            "\"\n\"",
            &deep,
        ];
        for text in wrong {
            assert!(Json::parse(text).is_err(), "{text:.40}");
        }
    }
}
