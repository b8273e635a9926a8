/* What drawing functions write on a medium: see drawn.h. */
#include "support/drawn.h"

#include "support/cmocka_all.h"

const char *const hostile_names[] = {
    "<script>alert(1)</script>",
    "</pre></dd></div></dl></article><img src=x onerror=alert(1)>",
    "\"><svg onload=alert(1)>",
    "' onmouseover='x",
    "&lt;b&gt;&amp;",
    "-->",
    "]]>",
    "\033[31mred\033[0m",
    "\xe2\x80\xaegnp.exe",
    "\xff\xfe\xc0\x80",
    "@admin",
    "group/project#12",
    "!34 #56 $7 %8 &9 ~10 ^alert#11 *iteration:12 [vulnerability:13]",
    "https://evil.example/x",
    "www.evil.example",
    "www.1.2",
    "mailto:x@evil.example",
    "someone@evil.example",
    "![x](https://evil.example/x.png)",
    "[x](javascript:alert(1))",
    "<https://evil.example>",
    "/close",
    "\n/close\n/approve",
    "a\n\n# heading\n\n- item",
    "```\nout of the fence",
    "`` ` ``` ````",
    "~~~",
    "| a | b |",
    "a|b\\|c",
    "* * *",
    "1. one",
    "- item",
    "# heading",
    "> quote",
    "    code",
    "**bold** __bold__ *i* _i_ ~~s~~",
    "PROJECT-12",
    "deadbeef01",
    ":smile:",
    "=cmd|'/c calc'!A1",
    "$x^2$",
    "\\@admin \\`",
    NULL,
};

const char *drawn(const struct medium *medium, void (*draw)(struct text *t, const void *arg), const void *arg)
{
    static struct output out = {.fd = -1};
    struct error error;
    output_cleanup(&out);
    assert_int_equal(output_init_memory(&out, &error), 0);
    struct text t = {.out = &out, .medium = medium, .is_utf8 = true};
    draw(&t, arg);
    output_char(&out, '\0');
    assert_int_equal(out.error, 0);
    return out.data;
}
