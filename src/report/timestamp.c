/* Times: RFC 3339; the proleptic Gregorian calendar in days since 1970. */
#include "report/timestamp.h"

#include <string.h>

static char *put(char *at, uint64_t value, unsigned digits)
{
    for (unsigned i = digits; i > 0; i--) {
        at[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    return at + digits;
}

/* Years are counted from March, so that the leap day is a year's last and months have a linear formula. */
static void civil_from_days(int64_t days, int64_t *year, unsigned *month, unsigned *day)
{
    days += 719468; /* to 0000-03-01 */
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    uint64_t day_of_era = (uint64_t)(days - era * 146097);
    uint64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint64_t m = (5 * day_of_year + 2) / 153;
    *day = (unsigned)(day_of_year - (153 * m + 2) / 5 + 1);
    *month = (unsigned)(m < 10 ? m + 3 : m - 9);
    *year = (int64_t)year_of_era + era * 400 + (*month <= 2);
}

static const char *write_time(char *buf, int64_t time_ns, unsigned digits, char between, const char *end)
{
    int64_t seconds = time_ns / 1000000000, nanoseconds = time_ns % 1000000000;
    if (nanoseconds < 0) {
        nanoseconds += 1000000000;
        seconds--;
    }
    int64_t days = seconds / 86400, rest = seconds % 86400;
    if (rest < 0) {
        rest += 86400;
        days--;
    }
    int64_t year; /* 64 bits of nanoseconds reach from 1677 to 2262: always four digits */
    unsigned month, day;
    civil_from_days(days, &year, &month, &day);
    char *at = put(buf, (uint64_t)year, 4);
    *at++ = '-';
    at = put(at, month, 2);
    *at++ = '-';
    at = put(at, day, 2);
    *at++ = between;
    at = put(at, (uint64_t)rest / 3600, 2);
    *at++ = ':';
    at = put(at, (uint64_t)rest / 60 % 60, 2);
    *at++ = ':';
    at = put(at, (uint64_t)rest % 60, 2);
    if (digits > 0) {
        uint64_t fraction = (uint64_t)nanoseconds;
        for (unsigned i = digits; i < 9; i++)
            fraction /= 10;
        *at++ = '.';
        at = put(at, fraction, digits < 9 ? digits : 9);
    }
    memcpy(at, end, strlen(end) + 1);
    return buf;
}

const char *timestamp_write(char buf[TIMESTAMP_LEN], int64_t time_ns, unsigned digits)
{
    return write_time(buf, time_ns, digits, 'T', "Z");
}

const char *timestamp_write_plain(char buf[TIMESTAMP_LEN], int64_t time_ns, unsigned digits)
{
    return write_time(buf, time_ns, digits, ' ', "");
}

/* Exactly this many digits. */
static bool read_digits(const char **at, unsigned num, unsigned *out)
{
    *out = 0;
    for (; num > 0; num--, (*at)++) {
        if (**at < '0' || **at > '9')
            return false;
        *out = *out * 10 + (unsigned)(**at - '0');
    }
    return true;
}

static bool read_char(const char **at, const char *any_of)
{
    bool is_there = **at && strchr(any_of, **at);
    *at += is_there;
    return is_there;
}

/* "15:02:03.25+01:00" */
static bool read_time_of_day(const char **at, int64_t *seconds)
{
    unsigned hour, minute, second, offset_hour = 0, offset_minute = 0, digit;
    if (!read_digits(at, 2, &hour) || !read_char(at, ":") || !read_digits(at, 2, &minute) || !read_char(at, ":") ||
        !read_digits(at, 2, &second) || hour > 23 || minute > 59 || second > 60)
        return false;
    if (read_char(at, ".")) {
        if (!read_digits(at, 1, &digit))
            return false;
        while (read_digits(at, 1, &digit))
            ;
    }
    *seconds = (int64_t)hour * 3600 + minute * 60 + second;
    if (read_char(at, "Zz"))
        return true;
    bool is_west = **at == '-';
    if (!read_char(at, "+-") || !read_digits(at, 2, &offset_hour) || !read_char(at, ":") ||
        !read_digits(at, 2, &offset_minute) || offset_hour > 23 || offset_minute > 59)
        return false;
    int64_t offset = (int64_t)offset_hour * 3600 + offset_minute * 60;
    *seconds += is_west ? offset : -offset;
    return true;
}

bool timestamp_read(const char *text, int64_t *seconds)
{
    static const unsigned days_of_month[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned year, month, day;
    if (!read_digits(&text, 4, &year) || !read_char(&text, "-") || !read_digits(&text, 2, &month) ||
        !read_char(&text, "-") || !read_digits(&text, 2, &day) || month < 1 || month > 12 || day < 1)
        return false;
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (day > days_of_month[month - 1] + (month == 2 && is_leap))
        return false;
    int64_t since_march = (month + 9) % 12, years = (int64_t)year - (month <= 2);
    int64_t era = (years >= 0 ? years : years - 399) / 400, year_of_era = years - era * 400;
    int64_t days = era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
                   (153 * since_march + 2) / 5 + day - 1 - 719468;
    *seconds = 0;
    if (*text && (!read_char(&text, "Tt ") || !read_time_of_day(&text, seconds)))
        return false;
    *seconds += days * 86400;
    return *text == '\0';
}
